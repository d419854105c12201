// The second factor, from setting it up to giving it up.

import { Secret, TOTP } from "otpauth";
import { giveCredentials, invite, signIn } from "../support/dashboard.ts";
import { demo } from "../support/demo.ts";
import { expect, test } from "../support/test.ts";

test("a person turns it on, is asked for it at the next sign-in, uses a recovery code, and turns it off", async ({
  page,
  browser,
}) => {
  await signIn(page);
  const own = await (await browser.newContext()).newPage();
  const person = await invite(page, own, "viewer");
  await own.goto(`${demo.base_url}/dashboard/account`);
  await own.getByRole("button", { name: "Set it up" }).click();
  await expect(own.getByRole("img", { name: "The secret as a QR code" })).toBeVisible();
  const secret = (await own.locator("p.font-mono").textContent()) ?? "";
  const totp = new TOTP({ secret: Secret.fromBase32(secret) });
  await own.getByLabel("Code").fill("000000");
  await own.getByRole("button", { name: "Turn it on" }).click();
  await expect(own.getByText("That code is not right.")).toBeVisible();
  await own.getByLabel("Code").fill(totp.generate());
  await own.getByRole("button", { name: "Turn it on" }).click();
  await expect(own.getByText("The second factor is on.")).toBeVisible();
  const recovery = (await own.locator("form li").first().textContent()) ?? "";

  await own.getByRole("button", { name: "Sign out" }).click();
  await giveCredentials(own, person);
  await expect(own.getByRole("heading", { name: "Second factor", level: 1 })).toBeVisible();
  await own.goto(`${demo.base_url}/dashboard/account`);
  await expect(own.getByRole("heading", { name: "Second factor", level: 1 })).toBeVisible();
  await own.getByLabel("Code").fill(recovery);
  await own.getByRole("button", { name: "Go on" }).click();
  await expect(own.getByRole("heading", { name: "Invoices", level: 1 })).toBeVisible();

  await own.goto(`${demo.base_url}/dashboard/account`);
  await expect(own.getByText("Recovery codes left: 9.")).toBeVisible();
  await own.getByText("Turn it off", { exact: true }).first().click();
  await own.getByLabel("Password", { exact: true }).last().fill(person.password);
  await own.getByRole("button", { name: "Turn it off" }).click();
  await expect(own.getByText("With it, your password alone opens nothing.")).toBeVisible();
  await own.context().close();
});
