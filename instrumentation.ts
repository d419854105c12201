// Runs once before the web process serves: a bad environment stops it, not a payer.

export async function register(): Promise<void> {
  if (process.env.NEXT_RUNTIME === "nodejs") {
    const { startWeb } = await import("./instrumentation-node.ts");
    await startWeb();
  }
}
