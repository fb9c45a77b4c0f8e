'use strict';
const { proxyActivities } = require('@temporalio/workflow');

const { generationOf } = proxyActivities({ startToCloseTimeout: '1 minute' });

module.exports = { job: (key) => generationOf(key) };
