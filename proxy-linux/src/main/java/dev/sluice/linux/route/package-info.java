// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** Links and addresses over rtnetlink: lists, changes and notifications. */
@NullMarked
package dev.sluice.linux.route;

import org.jspecify.annotations.NullMarked;
