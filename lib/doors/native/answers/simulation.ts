// Answers of simulation that are no noun's own.

import { z } from "zod";
import { instant } from "./shared.ts";

export const testClock = z
  .strictObject({
    object: z.literal("test_clock"),
    mode: z.literal("test"),
    now: instant,
    real_now: instant,
    ahead_seconds: z.number().min(0),
  })
  .meta({ id: "TestClock", description: "The time of your test mode." });
