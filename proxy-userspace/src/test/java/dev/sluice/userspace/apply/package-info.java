// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
@NullMarked
package dev.sluice.userspace.apply;

import org.jspecify.annotations.NullMarked;
