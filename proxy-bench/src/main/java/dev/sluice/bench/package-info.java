/** What the built daemon costs with many Services, beside kube-proxy's way of writing, in one run. */
@NullMarked
package dev.sluice.bench;

import org.jspecify.annotations.NullMarked;
