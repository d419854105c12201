import { rolesPage } from "#lib/web/dashboard/pages/roles.tsx";

export const metadata = { title: "Roles" };
export default rolesPage;
