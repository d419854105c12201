import { factorPage } from "#lib/web/dashboard/pages/entrance.tsx";

export const metadata = { title: "Second factor" };
export default factorPage;
