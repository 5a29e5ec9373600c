// A real OpenID provider for the tests: `node provider.mjs <folder with node_modules>`. It says its issuer (`> http://...`), then obeys lines
// of JSON, each answered by `> done`:
// {"person": "olga", "claims": {...}} sets the claims of a person's access tokens, {"rotate": true} takes new keys. It ends with its input.
import { createServer } from 'node:http';
import { generateKeyPairSync } from 'node:crypto';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';

const { default: Provider } = await import(pathToFileURL(join(process.argv[2], 'node_modules/oidc-provider/lib/index.js')));
const people = new Map();
let handle, keys = 0;

function key(type, options, alg) {
  const { privateKey } = generateKeyPairSync(type, options);
  return { ...privateKey.export({ format: 'jwk' }), use: 'sig', alg, kid: `${alg}-${keys}` };
}

function start(issuer) {
  keys += 1;
  const provider = new Provider(issuer, {
    jwks: { keys: [key('rsa', { modulusLength: 2048 }, 'RS256'), key('rsa', { modulusLength: 2048 }, 'PS256'), key('ec', { namedCurve: 'P-256' }, 'ES256'), key('ed25519', {}, 'EdDSA')] },
    clients: [
      { client_id: 'cli', token_endpoint_auth_method: 'none', redirect_uris: ['http://127.0.0.1/back'], grant_types: ['authorization_code'], response_types: ['code'], application_type: 'native' },
      { client_id: 'robot', client_secret: 'robot-secret', redirect_uris: [], grant_types: ['client_credentials'], response_types: [] },
    ],
    cookies: { keys: ['tests'] },
    scopes: ['openid'],
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    extraTokenClaims: (_, token) => people.get(token.accountId ?? token.clientId) ?? {},
    // A resource is named urn:<audience>:<algorithm>:<seconds>.
    features: {
      devInteractions: { enabled: true },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        useGrantedResource: () => true,
        getResourceServerInfo: (_, resource) => {
          const [, audience, alg, ttl] = resource.split(':');
          return { scope: '', audience, accessTokenTTL: Number(ttl), accessTokenFormat: 'jwt', jwt: { sign: { alg } } };
        },
      },
    },
  });
  provider.on('server_error', (_, error) => console.error(error));
  handle = provider.callback();
}

const server = createServer((request, response) => handle(request, response));
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  start(issuer);
  console.log(`> ${issuer}`);
  createInterface({ input: process.stdin }).on('line', (line) => {
    const order = JSON.parse(line);
    if (order.rotate) start(issuer);
    else people.set(order.person, order.claims);
    console.log('> done');
  }).on('close', () => process.exit(0));
});
