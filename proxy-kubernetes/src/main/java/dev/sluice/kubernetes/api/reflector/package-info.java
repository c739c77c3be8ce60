// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Keeps up with one kind of objects by list and watch. Knows the protocol and its faults, and neither the HTTP client
 * nor what the objects mean.
 */
@NullMarked
package dev.sluice.kubernetes.api.reflector;

import org.jspecify.annotations.NullMarked;
