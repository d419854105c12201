import { keysPage } from "#lib/web/dashboard/pages/keys.tsx";

export const metadata = { title: "API keys" };
export default keysPage;
