import { describe, expect, it } from "vitest";
import type { Mode } from "#lib/domain/tenant.ts";
import { checkHost, checkUrl, type GuardOptions, isPublicAddress } from "./guard.ts";

function options(addresses: readonly string[] = ["93.184.216.34"], isLoopbackAllowed = true): GuardOptions {
  return {
    isLoopbackAllowed,
    ports: [443, 8443],
    own: { names: [], loopbackPorts: [] },
    resolve: async () => addresses,
  };
}

async function verdict(url: string, mode: Mode = "live", given = options()): Promise<string> {
  const checked = checkUrl(url, mode, given);
  if (!checked.isAllowed) return "blocked";
  const host = await checkHost(checked, given, AbortSignal.timeout(1_000));
  return host.kind === "address" ? host.ip : host.kind;
}

describe("a callback address", () => {
  it.each([
    "https://example.com/hook",
    "https://example.com:8443/hook?x=1",
    "https://sub.domain.example.co.uk",
    "https://xn--bcher-kva.com/",
  ])("%s is allowed", async (url) => {
    expect(await verdict(url)).toBe("93.184.216.34");
  });

  it.each([
    "http://example.com/",
    "ftp://example.com/",
    "file:///etc/passwd",
    "gopher://example.com/",
    "javascript:alert(1)",
    "data:,x",
    "ws://example.com/",
    "https://example.com:22/",
    "https://example.com:0/",
    "https://example.com:80/",
    "https://user@example.com/",
    "https://user:pass@example.com/",
    "https://example.com\\@127.0.0.1/",
    "https://example.com/#@127.0.0.1",
    "https://exa mple.com/",
    "https://example.com/\r\nX: y",
    "ht\ntps://example.com/",
    "https://127.0.0.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0177.0.0.1/",
    "https://127.1/",
    "https://127.0.0.1./",
    "https://１２７.０.０.１/",
    "https://①②⑦.⓪.⓪.①/",
    "https://127。0。0。1/",
    "https://[::1]/",
    "https://[::]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[fe80::1%25eth0]/",
    "https://10.0.0.1/",
    "https://169.254.169.254/latest/meta-data",
    "https://93.184.216.34/",
    "https://localhost/",
    "https://localhost./",
    "https://ｌｏｃａｌｈｏｓｔ/",
    "https://foo.localhost/",
    "https://metadata.google.internal/",
    "https://metadata.google.internal./",
    "https://printer.local/",
    "https://intranet/",
    "https://db.internal/",
    "https://1.0.0.127.in-addr.arpa/",
    `https://example.com/${"a".repeat(3000)}`,
    `https://example.com/${"å".repeat(700)}`,
    "",
    "example.com",
  ])("%s is refused", async (url) => {
    expect(await verdict(url)).toBe("blocked");
  });

  it("may be on this machine in test mode only, and only where the installation allows it", async () => {
    expect(await verdict("http://127.0.0.1:9000/hook", "test")).toBe("127.0.0.1");
    expect(await verdict("http://localhost:9000/hook", "test")).toBe("127.0.0.1");
    expect(await verdict("http://[::1]:9000/hook", "test")).toBe("::1");
    expect(await verdict("http://127.0.0.1:9000/hook", "live")).toBe("blocked");
    expect(await verdict("http://127.0.0.1:9000/hook", "test", options([], false))).toBe("blocked");
    expect(await verdict("http://127.0.0.2:9000/hook", "test")).toBe("blocked");
    expect(await verdict("http://192.168.0.1/hook", "test")).toBe("blocked");
  });

  it("is refused when one of its addresses is private, however many are public", async () => {
    expect(await verdict("https://example.com/", "live", options(["93.184.216.34", "10.0.0.1"]))).toBe(
      "blocked",
    );
    expect(await verdict("https://example.com/", "live", options(["93.184.216.34", "::1"]))).toBe("blocked");
  });

  it("goes to the address that was checked, asked for once", async () => {
    let asked = 0;
    const flipping: GuardOptions = {
      ...options(),
      resolve: async () => {
        asked += 1;
        return asked === 1 ? ["93.184.216.34"] : ["127.0.0.1"];
      },
    };
    expect(await verdict("https://example.com/", "live", flipping)).toBe("93.184.216.34");
    expect(asked).toBe(1);
  });

  it("that does not resolve is no private address, but is not sent to either", async () => {
    const failing = { ...options(), resolve: () => Promise.reject(new Error("NXDOMAIN")) };
    expect(await verdict("https://example.com/", "live", failing)).toBe("unresolved");
    expect(await verdict("https://example.com/", "live", options([]))).toBe("unresolved");
  });

  it("whose name servers never answer is given up at the deadline", async () => {
    const silent = { ...options(), resolve: () => new Promise<never>(() => undefined) };
    const checked = checkUrl("https://example.com/", "live", silent);
    if (!checked.isAllowed) throw new Error("refused");
    expect(await checkHost(checked, silent, AbortSignal.timeout(50))).toMatchObject({ kind: "unresolved" });
  });
});

describe("an IP address", () => {
  it.each([
    "0.0.0.0",
    "0.1.2.3",
    "10.1.2.3",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.1.2.3",
    "240.0.0.1",
    "255.255.255.255",
    "168.63.129.16",
    "::",
    "::1",
    "::7f00:1",
    "::ffff:10.0.0.1",
    "::ffff:8.8.8.8",
    "::ffff:8.8.8.8:1",
    "1::1",
    "100:0:0:1::1",
    "4000::1",
    "8000::1",
    "e000::1",
    "64:ff9b::a00:1",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fec0::1",
    "ff02::1",
    "not an address",
    "",
    "127.0.0.1:80",
  ])("%s is not public", (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  it.each(["8.8.8.8", "93.184.216.34", "172.32.0.1", "2606:4700::1111", "2a00:1450:4001::1"])(
    "%s is public",
    (address) => {
      expect(isPublicAddress(address)).toBe(true);
    },
  );
});
