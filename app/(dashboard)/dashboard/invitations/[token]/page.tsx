import { invitationPage } from "#lib/web/dashboard/pages/entrance.tsx";

export const metadata = { title: "Invitation" };
export default invitationPage;
