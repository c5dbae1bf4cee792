const required = require("qmgr");

import("qmgr").then(async ({ describeStatus, QM_STATUS_GROUP_COMPLETE, QueueManager }) => {
  const inline = await import("qmgr/inline");
  console.log(describeStatus(QM_STATUS_GROUP_COMPLETE).join(), required.QueueManager === QueueManager, inline.QueueManager === QueueManager);
});
