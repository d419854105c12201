// Who gets in, and how far.

import { base, giveCredentials, invite, mailedLink, OWNER, signIn } from "../support/dashboard.ts";
import { demo } from "../support/demo.ts";
import { send } from "../support/http.ts";
import { expect, test } from "../support/test.ts";

test("a stranger is led to the sign-in, and from there to where they were going", async ({ page }) => {
  await page.goto(`${base}/team`);
  await expect(page).toHaveURL(/\/dashboard\/sign-in\?callbackUrl=/);
  await giveCredentials(page, { ...OWNER, password: "not the password" });
  await expect(page.getByRole("alert").getByText("The address or the password is not right.")).toBeVisible();
  await giveCredentials(page, OWNER);
  await expect(page).toHaveURL(`${base}/team`);
});

test("signing out ends the session: its cookie opens nothing any more", async ({ page, context }) => {
  await signIn(page);
  const cookies = await context.cookies(demo.base_url);
  const session = cookies.find(({ name }) => name.endsWith("billtext.session"));
  expect(session).toMatchObject({ httpOnly: true, sameSite: "Lax" });
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByRole("heading", { name: "Sign in", level: 1 })).toBeVisible();
  await context.addCookies(cookies);
  await page.goto(`${base}/invoices`);
  await expect(page.getByRole("heading", { name: "Sign in", level: 1 })).toBeVisible();
});

test("whoever forgot the password chooses another by mail", async ({ page, browser }) => {
  await signIn(page);
  const guestPage = await (await browser.newContext()).newPage();
  const guest = await invite(page, guestPage, "viewer");
  await guestPage.getByRole("button", { name: "Sign out" }).click();
  await guestPage.getByRole("link", { name: "Forgot the password?" }).click();
  await guestPage.getByLabel("Email").fill(guest.email);
  await guestPage.getByRole("button", { name: "Send me a link" }).click();
  await expect(guestPage.getByText("a link is on its way")).toBeVisible();
  await expect.poll(() => mailedLink(guest.email)).toContain("/dashboard/reset/");
  await guestPage.goto(await mailedLink(guest.email));
  await guestPage.getByLabel("New password").fill("another lantern here");
  await guestPage.getByRole("button", { name: "Change the password" }).click();
  await expect(guestPage.getByText("Your password is changed.")).toBeVisible();
  await signIn(guestPage, { email: guest.email, password: "another lantern here" });
  await guestPage.context().close();
});

test("addresses from outside lead nowhere else after signing in", async ({ page }) => {
  for (const bad of ["https://evil.example/", "//evil.example", "/i/x", "javascript:alert(1)", "\\\\evil"]) {
    await page.goto(`${demo.base_url}/dashboard/sign-in?callbackUrl=${encodeURIComponent(bad)}`);
    await expect(page.getByRole("heading", { name: "Sign in", level: 1 })).toBeVisible();
  }
  await giveCredentials(page, OWNER);
  await expect(page).toHaveURL(/\/dashboard\/mer_\w+\/test\/invoices$/);
});

test("no page of the dashboard is shown to strangers, whatever headers they send", async () => {
  const paths = ["", "/account", `/${demo.merchant_id}/test/invoices`, `/${demo.merchant_id}/live/team`];
  for (const path of paths) {
    for (const headers of [
      {},
      { rsc: "1" },
      { "x-middleware-subrequest": "proxy:proxy:proxy:proxy:proxy" },
    ]) {
      const answer = await send(`${demo.base_url}/dashboard${path}`, { headers });
      expect(answer.status, path).toBe(307);
      expect(answer.text, path).not.toContain("Fjord");
      expect(answer.text, path).not.toContain(OWNER.email);
    }
  }
});
