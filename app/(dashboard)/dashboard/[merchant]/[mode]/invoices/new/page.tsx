import { newInvoicePage } from "#lib/web/dashboard/pages/new-invoice.tsx";

export const metadata = { title: "New invoice" };
export default newInvoicePage;
