// One whole built system for all tests over HTTP.

import type { TestProject } from "vitest/node";
import { startTestStack } from "../../scripts/test/with-stack.ts";

declare module "vitest" {
  export interface ProvidedContext {
    demoPath: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const stack = await startTestStack();
  project.provide("demoPath", stack.demoPath);
  return () => stack.stop();
}
