import { teamPage } from "#lib/web/dashboard/pages/team.tsx";

export const metadata = { title: "Team" };
export default teamPage;
