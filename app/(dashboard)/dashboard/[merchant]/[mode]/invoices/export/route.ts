import { exportInvoices } from "#lib/web/dashboard/export.ts";

export { exportInvoices as POST };
