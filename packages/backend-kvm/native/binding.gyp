{
  "targets": [
    {
      "target_name": "colony_kvm",
      "sources": ["<!@(LC_ALL=C ls base/*.cc kvm/*.cc memory/*.cc channel/*.cc machine/*.cc pool/*.cc addon/*.cc)"],
      "include_dirs": [".", "<!(node -p \"require('node-addon-api').include_dir\")"],
      "defines": ["NAPI_VERSION=9", "NAPI_DISABLE_CPP_EXCEPTIONS", "NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS"],
      "cflags_cc": ["-std=c++20", "-O2", "-Wall", "-Wextra", "-fvisibility=hidden", "-fno-exceptions", "-ffile-prefix-map=<!(pwd)=."],
      "cflags_cc!": ["-std=gnu++17", "-std=gnu++20", "-fno-rtti"],
      "ldflags": ["-Wl,--build-id=none"]
    }
  ]
}
