import { homePage } from "#lib/web/dashboard/pages/home.tsx";

export default homePage;
