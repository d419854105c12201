// The sandbox as a process of its own: `node sandbox/main.ts`. For development and tests only.
import { startSandbox } from "./start.ts";

const port = Number(process.env.SANDBOX_PORT || 4000);
const host = process.env.SANDBOX_HOST || "127.0.0.1";

try {
  const sandbox = await startSandbox({
    port,
    host,
    smtpPort: process.env.SANDBOX_SMTP_PORT ? Number(process.env.SANDBOX_SMTP_PORT) : undefined,
    publicUrl: process.env.SANDBOX_PUBLIC_URL || undefined,
    dataDir: process.env.SANDBOX_DATA_DIR || undefined,
  });
  let isStopping = false;
  const stop = () => {
    if (!isStopping) {
      isStopping = true;
      sandbox.close().finally(() => process.exit(0));
    }
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
  // Whoever spawned it with a channel has gone.
  process.once("disconnect", stop);
  console.log(`The sandbox listens on ${sandbox.publicUrl}`);
  process.send?.({ ready: true });
} catch (error) {
  const reason = error instanceof Error ? error.message : String(error);
  console.error(`The sandbox cannot start on ${host}, port ${process.env.SANDBOX_PORT || 4000}: ${reason}.`);
  process.exit(1);
}
