// A certified OpenID Connect provider for the tests. Whoever says a name is let in by that name, with whatever password.
//   node --input-type=module --eval "$(cat provider.mjs)" PORT SITE       beside node_modules
import { Provider } from "oidc-provider";

const [port, site] = process.argv.slice(1);
const people = {
  "ada-1": { email: "Ada@example.org", email_verified: true },
  // Writes somebody else's address into a profile.
  "mallory-1": { email: "ada@example.org", email_verified: false, preferred_username: "ada@example.org" },
  "carl-1": { email: "carl@example.org", email_verified: true, groups: ["everybody", "on-call"] },
  "dora-1": { preferred_username: "dora", groups: ["everybody"] },
};

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{ client_id: "notafter", client_secret: "a secret: of both", redirect_uris: [`${site}/sign-in/openid/callback`] }],
  claims: { openid: ["sub", "groups"], email: ["email", "email_verified"], profile: ["preferred_username"] },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...people[id] }) }),
  pkce: { required: () => true },
  cookies: { keys: ["a key of the test"] },
  features: { devInteractions: { enabled: true } },
});
provider.listen(Number(port), "127.0.0.1", () => console.log("ready"));
