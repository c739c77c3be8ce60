// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** A small HTTP server and the text of its answers. Knows no page. */
@NullMarked
package dev.sluice.daemon.http;

import org.jspecify.annotations.NullMarked;
