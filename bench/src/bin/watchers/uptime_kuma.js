// Talks to an Uptime Kuma as its own pages do.
//
//     node watchers.js SOURCES FOLDER URL fill SECONDS     makes an admin, a monitor for each line of FOLDER/urls, a status page
//     node watchers.js SOURCES FOLDER URL looked TIMES     how many monitors were found well so many times
//     node watchers.js SOURCES FOLDER URL dashboard COUNT  milliseconds until somebody who comes back has the dashboard
"use strict";

const fs = require("fs");
const path = require("path");
const { createRequire } = require("module");

const [sources, folder, url, verb, argument] = process.argv.slice(2);
const theirs = createRequire(path.join(sources, "package.json"));
const NAME = "bench";
const PASSWORD = "bench-2026-watchers";

/** A socket that is listened to: what is sent before it asks for a login is lost. */
const connect = () =>
  new Promise((resolve) => {
    const socket = theirs("socket.io-client").io(url, { transports: ["websocket"], forceNew: true });
    socket.once("loginRequired", () => resolve(socket));
  });

const ask = (socket, ...what) =>
  new Promise((resolve, reject) => {
    socket.emit(...what, (answer) => (answer.ok ? resolve(answer) : reject(new Error(`${what[0]}: ${answer.msg}`))));
  });

const monitor = (target, interval) => ({
  type: "http",
  name: new URL(target).hostname,
  url: target,
  method: "GET",
  interval,
  retryInterval: interval,
  resendInterval: 0,
  maxretries: 0,
  timeout: 48,
  notificationIDList: {},
  ignoreTls: false,
  upsideDown: false,
  expiryNotification: true,
  domainExpiryNotification: false,
  maxredirects: 10,
  accepted_statuscodes: ["200-299"],
  kafkaProducerBrokers: [],
  kafkaProducerSaslOptions: { mechanism: "None" },
  rabbitmqNodes: [],
  conditions: [],
});

async function fill(socket) {
  await ask(socket, "setup", NAME, PASSWORD);
  await ask(socket, "login", { username: NAME, password: PASSWORD });
  const monitorList = [];
  for (const target of fs.readFileSync(path.join(folder, "urls"), "utf8").split("\n")) {
    const { monitorID } = await ask(socket, "add", monitor(target, Number(argument)));
    monitorList.push({ id: monitorID });
  }
  await ask(socket, "addStatusPage", "All", "all");
  const page = {
    slug: "all",
    title: "All",
    description: null,
    logo: "",
    autoRefreshInterval: 300,
    theme: "auto",
    showTags: false,
    footerText: null,
    customCSS: "",
    showPoweredBy: true,
    rssTitle: null,
    showOnlyLastHeartbeat: false,
    showCertificateExpiry: true,
    analyticsId: null,
    analyticsScriptUrl: null,
    analyticsType: null,
    domainNameList: [],
  };
  await ask(socket, "saveStatusPage", "all", page, "", [{ name: "All", monitorList }]);
}

/** Out of the database, since to ask would fill its cache. */
function looked() {
  const { Database } = theirs("@louislam/sqlite3");
  const database = new Database(path.join(folder, "kuma.db"));
  const well = "SELECT monitor_id FROM heartbeat WHERE status = 1 GROUP BY monitor_id HAVING count(*) >= ?";
  database.get(`SELECT count(*) AS count FROM (${well})`, [Number(argument)], (error, row) => {
    if (error) throw error;
    console.log(row.count);
    database.close();
  });
}

/** The answer to the token is sent when all monitors and what became of them were. */
async function dashboard(socket) {
  const { token } = await ask(socket, "login", { username: NAME, password: PASSWORD });
  for (let count = 0; count < Number(argument); count += 1) {
    const begun = performance.now();
    const again = await connect();
    await ask(again, "loginByToken", token);
    console.log(performance.now() - begun);
    again.close();
  }
}

async function main() {
  if (verb === "looked") return looked();
  const socket = await connect();
  await (verb === "fill" ? fill(socket) : dashboard(socket));
  socket.close();
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
