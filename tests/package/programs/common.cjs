import("qmgr").then(({ describeStatus, QM_STATUS_GROUP_COMPLETE }) => {
  console.log(describeStatus(QM_STATUS_GROUP_COMPLETE).join());
});
