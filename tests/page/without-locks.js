// Makes the browser one that has no Web Locks.
delete Navigator.prototype.locks;
