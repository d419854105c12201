import { invoicePage } from "#lib/web/dashboard/pages/invoice.tsx";

export const metadata = { title: "Invoice" };
export default invoicePage;
