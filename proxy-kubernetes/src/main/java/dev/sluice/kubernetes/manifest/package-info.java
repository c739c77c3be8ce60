// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** A directory of manifests as the source: the proxy without an API server. */
@NullMarked
package dev.sluice.kubernetes.manifest;

import org.jspecify.annotations.NullMarked;
