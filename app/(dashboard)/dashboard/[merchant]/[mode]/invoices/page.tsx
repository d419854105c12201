import { invoicesPage } from "#lib/web/dashboard/pages/invoices.tsx";

export const metadata = { title: "Invoices" };
export default invoicesPage;
