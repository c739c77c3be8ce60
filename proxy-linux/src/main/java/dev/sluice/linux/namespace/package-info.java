// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** Creates network namespaces, and runs tasks and threads inside; for the lab, the benchmarks and tests. */
@NullMarked
package dev.sluice.linux.namespace;

import org.jspecify.annotations.NullMarked;
