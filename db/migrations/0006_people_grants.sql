-- People are read before a tenant is known; what holds them apart is the code that reads them (lib/services/people).
grant select, insert, update on user_sessions, mailed_tokens, recovery_codes, user_identities
  to billtext_web, billtext_worker;--> statement-breakpoint
grant select, insert on mails to billtext_web;--> statement-breakpoint
grant select, insert, update, delete on mails to billtext_worker;--> statement-breakpoint
grant delete on memberships, recovery_codes to billtext_web;--> statement-breakpoint
grant delete on user_sessions, mailed_tokens to billtext_worker;
