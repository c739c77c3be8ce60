// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** The HTTP server behind every port of the daemon, and the text of its answers. Knows no page. */
@NullMarked
package dev.sluice.daemon.http;

import org.jspecify.annotations.NullMarked;
