// A browser for the tests: the system's, or installed with its package manager.

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { Sentence } from "../stack/sentence.ts";

const CANDIDATES = [
  process.env.CHROMIUM_PATH ?? "",
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/usr/bin/google-chrome-stable",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/**
 * The path of a Chromium or Chrome, installed first where there is none and that is possible.
 *
 * @throws Sentence  there is none, and it cannot be installed here
 */
export function ensureChromium(): string {
  const found = find();
  if (found !== null) return found;
  const canInstall = process.getuid?.() === 0 && existsSync("/usr/bin/apt-get");
  if (canInstall) {
    process.stdout.write("Installing Chromium for the browser tests…\n");
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    spawnSync("apt-get", ["update"], { stdio: "ignore", env });
    spawnSync("apt-get", ["install", "-y", "--no-install-recommends", "chromium"], { stdio: "ignore", env });
  }
  const installed = find();
  if (installed !== null) return installed;
  throw new Sentence("The browser tests need Chromium or Chrome: install it, or set CHROMIUM_PATH to it.");
}

function find(): string | null {
  return CANDIDATES.find((path) => path !== "" && existsSync(path)) ?? null;
}
