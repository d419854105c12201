// The Twilio API, as far as texts go: https://www.twilio.com/docs/messaging/api/message-resource
import { type Account, findByTwilioSid } from "../control/accounts.ts";
import type { Service } from "../http/api.ts";
import { mediaType } from "../http/body.ts";
import { AnswerError, header, json, type Request } from "../http/message.ts";
import { route } from "../http/router.ts";
import type { Sandbox } from "../sandbox.ts";
import { plainFailure, refused, twilioError } from "./errors.ts";
import { listMessages } from "./list-messages.ts";
import { isTwilioMessage, renderMessage } from "./message.ts";
import { acceptMessage } from "./send.ts";

const base = "/2010-04-01/Accounts/:account";

/** The service that impersonates Twilio. */
export function twilioService(sandbox: Sandbox): Service {
  /** The asking account; the one in the path must be the same. */
  const ownAccount = (request: Request, sid: string): Account => {
    const account = identify(sandbox, request);
    if (account?.twilioSid !== sid) {
      throw new AnswerError(plainFailure(404, request.path), "Another account's resource.");
    }
    return account;
  };
  return {
    name: "twilio",
    owns: (path) => path.startsWith("/2010-04-01/"),
    routes: [
      route("POST", `${base}/Messages.json`, (request, { account = "" }) => {
        const own = ownAccount(request, account);
        if (request.body.length > 0 && mediaType(request) !== "application/x-www-form-urlencoded") {
          throw refused(20001, "The body must be form-encoded");
        }
        return json(201, renderMessage(acceptMessage(sandbox, own, request)));
      }),
      route("GET", `${base}/Messages.json`, (request, { account = "" }) =>
        listMessages(sandbox, ownAccount(request, account), request),
      ),
      route("GET", `${base}/Messages/:sid`, (request, { account = "", sid = "" }) => {
        const own = ownAccount(request, account);
        const message = sid.endsWith(".json") ? sandbox.messages.find(sid.slice(0, -5)) : null;
        if (!isTwilioMessage(message) || message.account !== own.id) {
          return plainFailure(404, request.path);
        }
        return json(200, renderMessage(message));
      }),
    ],
    identify: (request) => identify(sandbox, request),
    fail: (request, status) => plainFailure(status, request.path),
    admit(request) {
      if (!identify(sandbox, request)) {
        throw new AnswerError(twilioError(401, 20003, "Authenticate"), "No valid credentials.");
      }
    },
    dress: (request, answer) => ({
      ...answer,
      headers: {
        ...answer.headers,
        "twilio-request-id": `RQ${request.id}`,
        "x-api-domain": "api.twilio.com",
      },
    }),
  };
}

function identify(sandbox: Sandbox, request: Request): Account | undefined {
  const [scheme, value = ""] = (header(request, "authorization") ?? "").split(/\s+/, 2);
  if (scheme?.toLowerCase() !== "basic") {
    return undefined;
  }
  const [sid = "", ...rest] = Buffer.from(value, "base64").toString("utf8").split(":");
  const account = findByTwilioSid(sandbox, sid);
  return account?.twilioToken === rest.join(":") ? account : undefined;
}
