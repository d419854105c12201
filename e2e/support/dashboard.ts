// The merchant's people, in the words of the dashboard.

import { expect, type Page } from "@playwright/test";
import { demo } from "./demo.ts";

export const OWNER = { email: demo.dashboard_email, password: demo.dashboard_password };

/** Signs in from wherever the dashboard led, and arrives at the merchant's invoices. */
export async function signIn(page: Page, who: { email: string; password: string } = OWNER): Promise<void> {
  await page.goto(`${demo.base_url}/dashboard`);
  await giveCredentials(page, who);
  await expect(page.getByRole("heading", { name: "Invoices", level: 1 })).toBeVisible();
}

export async function giveCredentials(page: Page, who: { email: string; password: string }): Promise<void> {
  await page.getByLabel("Email").fill(who.email);
  await page.getByLabel("Password").fill(who.password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

/** Path of the demo merchant's pages in test mode. */
export const base = `${demo.base_url}/dashboard/${demo.merchant_id}/test`;

/** The link in the newest mail to an address. */
export async function mailedLink(email: string): Promise<string> {
  let link = "";
  await expect
    .poll(async () => {
      const response = await fetch(`${demo.sandbox_url}/mailbox/mails?to=${encodeURIComponent(email)}`);
      const { mails } = (await response.json()) as { mails: { text: string }[] };
      link = /https?:\/\/\S+/.exec(mails[0]?.text ?? "")?.[0] ?? "";
      return link;
    })
    .not.toBe("");
  return link;
}

let people = 0;

/** Invites somebody new as the signed-in owner; they choose a password. Returns what they sign in with. */
export async function invite(owner: Page, guest: Page, role: string) {
  people += 1;
  const email = `guest-${process.pid}-${people}-${Date.now()}@example.com`;
  await owner.goto(`${base}/team`);
  await owner.getByLabel("Email").fill(email);
  await owner.getByLabel("Role", { exact: true }).selectOption(role);
  await owner.getByRole("button", { name: "Send the invitation" }).click();
  await expect(owner.getByText("The invitation is on its way.")).toBeVisible();
  await guest.goto(await mailedLink(email));
  await guest.getByLabel("Your name").fill("Guest");
  const password = "harbour lantern seven";
  await guest.getByLabel("New password").fill(password);
  await guest.getByRole("button", { name: "Take it up" }).click();
  await expect(guest.getByRole("heading", { name: "Invoices", level: 1 })).toBeVisible();
  return { email, password };
}
