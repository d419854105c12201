import { resetPage } from "#lib/web/dashboard/pages/entrance.tsx";

export const metadata = { title: "New password" };
export default resetPage;
