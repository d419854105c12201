import { accountPage } from "#lib/web/dashboard/pages/account.tsx";

export const metadata = { title: "Account" };
export default accountPage;
