// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Reads Kubernetes objects from JSON or YAML into the core's slim ones. Accepts anything and reports every error;
 * judges no value.
 */
@NullMarked
package dev.sluice.kubernetes.read;

import org.jspecify.annotations.NullMarked;
