// node-vault as a command: vault.mjs VERB PATH [JSON]. Address, token and namespace come from VAULT_ADDR, VAULT_TOKEN and VAULT_NAMESPACE.
// The answer is one line of JSON on stdout: the body, or {"error": {"status": …, "errors": […]}}.
import NodeVault from 'node-vault';

const [verb, path, body] = process.argv.slice(2);
const vault = NodeVault({ apiVersion: 'v1', endpoint: process.env.VAULT_ADDR, token: process.env.VAULT_TOKEN, namespace: process.env.VAULT_NAMESPACE });
const input = body ? JSON.parse(body) : undefined;
const verbs = {
    read: () => vault.read(path),
    list: () => vault.list(path),
    write: () => vault.write(path, input ?? {}),
    delete: () => vault.delete(path),
    mount: () => vault.mount({ mount_point: path, ...input }),
    auth: () => vault.enableAuth({ mount_point: path, ...input }),
    policy: () => vault.addPolicy({ name: path, ...input }),
    approle: () => vault.approleLogin(input),
    kubernetes: () => vault.kubernetesLogin(input),
    renew: () => vault.tokenRenewSelf(),
    encrypt: () => vault.encryptData({ name: path, ...input }),
    decrypt: () => vault.decryptData({ name: path, ...input }),
    rewrap: () => vault.rewrapData ? vault.rewrapData({ name: path, ...input }) : vault.write(`transit/rewrap/${path}`, input),
    seal: () => vault.seal(),
    unseal: () => vault.unseal(input),
    status: () => vault.status(),
    health: () => vault.health(),
};
try {
    console.log(JSON.stringify(await verbs[verb]() ?? null));
} catch (e) {
    console.log(JSON.stringify({ error: { status: e.response?.statusCode ?? e.response?.status, errors: e.response?.body?.errors ?? [e.message] } }));
}
