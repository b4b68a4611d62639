{
  "targets": [
    {
      "target_name": "colony_kvm",
      "sources": ["<!@(ls native/base/*.cc native/kvm/*.cc native/memory/*.cc native/channel/*.cc native/machine/*.cc native/pool/*.cc native/addon/*.cc)"],
      "include_dirs": ["native", "<!(node -p \"require('node-addon-api').include_dir\")"],
      "defines": ["NAPI_VERSION=9", "NAPI_DISABLE_CPP_EXCEPTIONS", "NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS"],
      "cflags_cc": ["-std=c++20", "-O2", "-Wall", "-Wextra", "-fvisibility=hidden", "-fno-exceptions"],
      "cflags_cc!": ["-std=gnu++17", "-fno-rtti"]
    }
  ]
}
