import { NothingHere } from "#lib/web/dashboard/pages/nothing-here.tsx";

export default NothingHere;
