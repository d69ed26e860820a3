// Makes the replica set and one user per service, each for its own database alone. Safe to repeat: a changed password
// in the secrets is taken over.
const { readFileSync } = require("fs");

const SERVICES = ["intake", "router", "sla-monitor", "notifier"];
const HOST = "mongodb:27017";
const secret = (name) => readFileSync(`/run/secrets/${name}`, "utf8").trim();

function patiently(attempt) {
  for (let tries = 0; ; tries++) {
    try {
      return attempt();
    } catch (error) {
      if (tries === 60) throw error;
      sleep(1000);
    }
  }
}

const password = encodeURIComponent(secret("mongodb_root_password"));
const admin = patiently(() =>
  connect(`mongodb://root:${password}@${HOST}/admin?directConnection=true&serverSelectionTimeoutMS=2000`),
);

if (!admin.hello().setName) {
  admin.adminCommand({ replSetInitiate: { _id: "rs0", members: [{ _id: 0, host: HOST }] } });
}
patiently(() => {
  if (!admin.hello().isWritablePrimary) throw new Error("the replica set has no primary yet");
});

for (const service of SERVICES) {
  const database = admin.getSiblingDB(`tawasul_${service.replace("-", "_")}`);
  const user = {
    pwd: secret(`${service}_mongodb_password`),
    roles: [{ role: "readWrite", db: database.getName() }],
  };
  if (database.getUser(service)) database.updateUser(service, user);
  else database.createUser({ user: service, ...user });
  print(`${service} may read and write ${database.getName()}`);
}
