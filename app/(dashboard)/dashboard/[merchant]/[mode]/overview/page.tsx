import { overviewPage } from "#lib/web/dashboard/pages/overview.tsx";

export const metadata = { title: "Overview" };
export default overviewPage;
