// Ends the session, for this browser and in our table.

import { Button } from "#components/ui/button.tsx";
import { signOutAction } from "./actions/session.ts";

export function SignOutButton() {
  return (
    <form action={signOutAction}>
      <Button type="submit">Sign out</Button>
    </form>
  );
}
