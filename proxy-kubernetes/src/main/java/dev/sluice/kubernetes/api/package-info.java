// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The API server as the source, and Events to it: fabric8's informers on resource types that hold only what the proxy
 * reads. The only package that knows fabric8.
 */
@NullMarked
package dev.sluice.kubernetes.api;

import org.jspecify.annotations.NullMarked;
