import { handleAuth } from "#lib/web/dashboard/auth-route.ts";

export { handleAuth as GET, handleAuth as POST };
