// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** The leftovers of other proxies and their removal. Asks the modules what is theirs and knows no mode. */
@NullMarked
package dev.sluice.daemon.leftovers;

import org.jspecify.annotations.NullMarked;
