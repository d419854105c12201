import { callbacksPage } from "#lib/web/dashboard/pages/callbacks.tsx";

export const metadata = { title: "Callbacks" };
export default callbacksPage;
