import { logPage } from "#lib/web/dashboard/pages/log.tsx";

export const metadata = { title: "Audit log" };
export default logPage;
