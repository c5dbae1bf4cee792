import("qmgr").then(({ describeStatus, QM_STATUS_GROUP_COMPLETE }) => {
  console.log(JSON.stringify(describeStatus(QM_STATUS_GROUP_COMPLETE)));
});
