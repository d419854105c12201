import { forgotPage } from "#lib/web/dashboard/pages/entrance.tsx";

export const metadata = { title: "New password" };
export default forgotPage;
