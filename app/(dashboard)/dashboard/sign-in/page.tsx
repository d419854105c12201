import { signInPage } from "#lib/web/dashboard/pages/sign-in.tsx";

export const metadata = { title: "Sign in" };
export default signInPage;
