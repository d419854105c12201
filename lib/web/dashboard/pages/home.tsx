// Where signing in leads: to the merchant's invoices.

import { redirect } from "next/navigation";
import { Entrance } from "#components/dashboard/entrance.tsx";
import { SignOutButton } from "../sign-out-button.tsx";
import { requireViewer } from "../viewer.ts";

export async function homePage() {
  const viewer = await requireViewer();
  const [first] = viewer.memberships;
  if (first !== undefined) redirect(`/dashboard/${first.merchantId}/test/invoices`);
  return (
    <Entrance heading="No merchant yet">
      <p>
        You are signed in as {viewer.email}, and no merchant has you in its team. Ask whoever runs it to
        invite you.
      </p>
      <SignOutButton />
    </Entrance>
  );
}
